import { mount } from 'svelte';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import App from './app.svelte';

mount(App, { target: document.getElementById('page')! });
